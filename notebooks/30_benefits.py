# Databricks notebook source
# DBTITLE 1,Settings
from jobs.pages import notebook
from jobs.pages.programme import benefits

session = notebook.NotebookSession("30_benefits")
night = session.widget("night", "", "1 Night (empty: newest)")
force = session.widget("force", "", "2 Force (empty: all)")
reader = session.widget("reviewer", "", "3 Reader (empty: you)")

page = benefits.open_benefits(session, night=night, force=force, reviewer=reader)
session.banner(page.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # What it costs and what it gives
# MAGIC
# MAGIC **What this is:** hours, pounds and exposure, each a line of its own, with the interval that what is not known
# MAGIC leaves; and what this deployment measured from its own decisions and nights.
# MAGIC
# MAGIC **What it is not:** a claim. What others published is shown last, with what it implies, and enters no figure.

# COMMAND ----------

# DBTITLE 1,Lines
session.show(benefits.header(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## As stated here

# COMMAND ----------

# DBTITLE 1,Stated
session.show(benefits.stated(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## As measured here

# COMMAND ----------

# DBTITLE 1,Measured
session.show(benefits.measured(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Forces: what is done, what is next, what it would give

# COMMAND ----------

# DBTITLE 1,Onboarding
session.show(benefits.onboarding(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What others published

# COMMAND ----------

# DBTITLE 1,Published
session.show(benefits.claims(page))
session.banner(page.marking)
