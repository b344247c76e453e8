# Databricks notebook source
# DBTITLE 1,Settings and queue
from jobs.pages import notebook, queue_page, review_comms_leads
from schemas import codes

session = notebook.NotebookSession("14_review_comms_leads")
night = session.widget("night", "", "1 Night (empty: newest)")
force = session.widget("force", "", "2 Force (empty: all)", ("", *codes.FORCES))
reviewer = session.widget("reviewer", "", "3 Reviewer (empty: you)")
item = session.widget("item", "", "4 Item to open (empty: first undecided)")

tonight = review_comms_leads.open_queue(session, night=night, force=force, reviewer=reviewer)
opened = tonight.pick(item)
session.banner(codes.MARKINGS[-1])

# COMMAND ----------

# MAGIC %md
# MAGIC # Leads in communications data
# MAGIC
# MAGIC **What this is:** patterns of county lines and of group offending in call data that is lawfully held, the
# MAGIC strongest first, each with the events behind it.
# MAGIC
# MAGIC **What it is not:** a finding about anybody. Taxi firms, shops and families have patterns too; the score says
# MAGIC how often such a lead was right in worlds where the truth is known. You decide.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(queue_page.header(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue
# MAGIC
# MAGIC The bar is the score from 0 to 1, its pale part the interval it may lie in. Put a row's item number into the
# MAGIC widget `item` to open it below.

# COMMAND ----------

# DBTITLE 1,Rows
session.show(queue_page.table(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One lead

# COMMAND ----------

# DBTITLE 1,Lead
session.show(review_comms_leads.open_lead(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Decide

# COMMAND ----------

# DBTITLE 1,Decision
outcome = session.widget("outcome", "", "5 Outcome", ("", *codes.OUTCOMES))
why = session.widget("why", "", "6 Why, in your words")
second = session.widget("second_reviewer", "", "7 Second reviewer")
session.show(queue_page.decide(tonight, opened, outcome, free_text=why, second_reviewer=second))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What happens next

# COMMAND ----------

# DBTITLE 1,Next
session.show(queue_page.next_steps(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Where this row comes from

# COMMAND ----------

# DBTITLE 1,Trace
session.show(queue_page.trace(opened))
session.banner(codes.MARKINGS[-1])
