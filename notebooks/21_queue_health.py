# Databricks notebook source
# DBTITLE 1,Settings
from jobs.pages import notebook, queue_health

session = notebook.NotebookSession("21_queue_health")
night = session.widget("night", "", "1 Night (empty: newest)")
reader = session.widget("reviewer", "", "2 Reader (empty: you)")
force = session.widget("force", "", "3 Force, for what it leaves untagged (empty: all)")

health = queue_health.open_health(session, night=night, reviewer=reader)
session.banner(health.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # How much is found, and at what price
# MAGIC
# MAGIC **What this is:** what can be said of the queue from what people decided: how many hidden CSAE reports were
# MAGIC found at least, how two readers agree, how much a find costs those who read.
# MAGIC
# MAGIC **What it is not:** a judgement of anybody who reads. Numbers per reviewer are there to keep exposure low.

# COMMAND ----------

# DBTITLE 1,Certificate
session.show(queue_health.header(health))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Recall certificates
# MAGIC
# MAGIC Found, at least: of the CSAE reports that lay hidden among a force's reports in scope, the share that is found
# MAGIC with certainty up to the confidence stated. Where it says *cannot certify*, that is the truth.

# COMMAND ----------

# DBTITLE 1,Forces
session.show(queue_health.certificates(health))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Night by night

# COMMAND ----------

# DBTITLE 1,History
session.show(queue_health.history(health))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Two readers
# MAGIC
# MAGIC A stated share of decided reports is read again by somebody else, who is not told. With few CSAE reports kappa
# MAGIC falls however well people agree; AC1 does not.

# COMMAND ----------

# DBTITLE 1,Agreement
session.show(queue_health.agreement(health))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Rows without a score
# MAGIC
# MAGIC Some rows are drawn by chance, some of the top rows are shown without their score. The first say what the queue
# MAGIC misses; the second against the others what seeing a score does to an answer.

# COMMAND ----------

# DBTITLE 1,Without score
session.show(queue_health.unscored(health))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What forces leave untagged
# MAGIC
# MAGIC Of the reports that are CSAE, which part carries no tag: by force and by family of reports, from rows drawn by
# MAGIC chance. Where a force leaves a family untagged more often than the others do, that is a question to ask it.

# COMMAND ----------

# DBTITLE 1,Tagging
session.show(queue_health.recording(health, force))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Exposure

# COMMAND ----------

# DBTITLE 1,Exposure
session.show(queue_health.exposure(health))
session.banner(health.marking)
