# Databricks notebook source
# DBTITLE 1,Settings and queue
from jobs.pages import notebook, queue_page
from jobs.pages import travel as pages_travel
from schemas import codes

session = notebook.NotebookSession("15_travel")
night = session.widget("night", "", "1 Night (empty: newest)")
force = session.widget("force", "", "2 Force (empty: all)", ("", *codes.FORCES))
reviewer = session.widget("reviewer", "", "3 Reviewer (empty: you)")
item = session.widget("item", "", "4 Item to open (empty: first undecided)")

tonight = pages_travel.open_queue(session, night=night, force=force, reviewer=reviewer)
opened = tonight.pick(item)
session.banner(codes.MARKINGS[-1])

# COMMAND ----------

# MAGIC %md
# MAGIC # People looked for who may be on a flight
# MAGIC
# MAGIC **What this is:** passengers of lists that are lawfully held, who may be people in open investigations or people
# MAGIC who are missing, with how likely that is. Each is a reason to look.
# MAGIC
# MAGIC **What it is not:** a finding about anybody. Namesakes exist; the score says how many to expect. You decide.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(queue_page.header(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Landing within the day

# COMMAND ----------

# DBTITLE 1,Arrivals
session.show(pages_travel.arrivals(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue
# MAGIC
# MAGIC The bar is the score from 0 to 1, its pale part the interval it may lie in. Missing people come first, then who
# MAGIC lands soon, then the rest by score. Put a row's item number into the widget `item` to open it below.

# COMMAND ----------

# DBTITLE 1,Rows
session.show(queue_page.table(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One match

# COMMAND ----------

# DBTITLE 1,Match
session.show(pages_travel.open_match(tonight, opened))

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
