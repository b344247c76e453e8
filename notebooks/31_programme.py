# Databricks notebook source
# DBTITLE 1,Settings
from jobs.pages import notebook
from jobs.pages.programme import figures

session = notebook.NotebookSession("31_programme")
night = session.widget("night", "", "1 Night (empty: newest)")
reader = session.widget("reviewer", "", "2 Reader (empty: you)")

page = figures.open_figures(session, night=night, reviewer=reader)
session.banner(page.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # Investigations, disruptions, outcomes
# MAGIC
# MAGIC **What this is:** the programme's figures as of one night, each of which opens to its rows.
# MAGIC
# MAGIC **What it is not:** for publication, but for the column that says so: there, counts under five and what would
# MAGIC give them away by subtraction are withheld.

# COMMAND ----------

# DBTITLE 1,Figures
session.show(figures.header(page))

# COMMAND ----------

# DBTITLE 1,Table
session.show(figures.table(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Not recognised elsewhere
# MAGIC
# MAGIC Not on the master list as it stood on the day of identification. That is a question to those who keep the list.

# COMMAND ----------

# DBTITLE 1,Recognition
session.show(figures.recognition(page))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What came of the queues

# COMMAND ----------

# DBTITLE 1,Outcomes
session.show(figures.outcomes(page))
session.banner(page.marking)
