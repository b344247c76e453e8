# Databricks notebook source
# DBTITLE 1,Settings and queue
from jobs.pages import notebook, review_reclassify
from jobs.pages import travel as pages_travel
from schemas import codes

room = notebook.Room("15_travel")
night = room.widget("night", "", "1 Night (empty: newest)")
force = room.widget("force", "", "2 Force (empty: all)", ("", *codes.FORCES))
reviewer = room.widget("reviewer", "", "3 Reviewer (empty: you)")
item = room.widget("item", "", "4 Item to open (empty: first undecided)")

tonight = pages_travel.open_queue(room, night=night, force=force, reviewer=reviewer)
opened = tonight.pick(item)
room.banner(codes.MARKINGS[-1])

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
room.show(pages_travel.header(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Landing within the day

# COMMAND ----------

# DBTITLE 1,Arrivals
room.show(pages_travel.arrivals(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue
# MAGIC
# MAGIC The bar is the score from 0 to 1, its pale part the interval it may lie in. Missing people come first, then who
# MAGIC lands soon, then the rest by score. Put a row's item number into the widget `item` to open it below.

# COMMAND ----------

# DBTITLE 1,Rows
room.show(pages_travel.queue_table(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One match

# COMMAND ----------

# DBTITLE 1,Match
room.show(pages_travel.open_match(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Decide

# COMMAND ----------

# DBTITLE 1,Decision
outcome = room.widget("outcome", "", "5 Outcome", ("", *codes.OUTCOMES))
why = room.widget("why", "", "6 Why, in your words")
second = room.widget("second_reviewer", "", "7 Second reviewer")
room.show(review_reclassify.decide(tonight, opened, outcome, free_text=why, second_reviewer=second))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What happens next

# COMMAND ----------

# DBTITLE 1,Next
room.show(pages_travel.next_steps(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Where this row comes from

# COMMAND ----------

# DBTITLE 1,Trace
room.show(review_reclassify.trace(opened))
room.banner(codes.MARKINGS[-1])
