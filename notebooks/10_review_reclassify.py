# Databricks notebook source
# DBTITLE 1,Settings and queue
from jobs.pages import notebook, queue_page, review_reclassify
from schemas import codes

session = notebook.NotebookSession("10_review_reclassify")
night = session.widget("night", "", "1 Night (empty: newest)")
force = session.widget("force", "", "2 Force (empty: all)", ("", *codes.FORCES))
reviewer = session.widget("reviewer", "", "3 Reviewer (empty: you)")
score = session.widget("score", "shown", "4 Score", ("shown", "hidden"))
item = session.widget("item", "", "5 Item to open (empty: first undecided)")

tonight = review_reclassify.open_queue(session, night=night, force=force, reviewer=reviewer, is_blind=score == "hidden")
opened = tonight.pick(item)
session.banner(tonight.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # Reports that may be missing a CSAE tag
# MAGIC
# MAGIC **What this is:** reports linked to people under investigation, put in order by how much their words resemble
# MAGIC reports that carry a CSAE tag. Each is a reason to look.
# MAGIC
# MAGIC **What it is not:** a finding about anybody. The score sets no tag and no risk level; you decide, in your name.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(queue_page.header(tonight), review_reclassify.summary(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue
# MAGIC
# MAGIC The bar is the score from 0 to 1, its pale part the interval it may lie in. What a report says, and the words
# MAGIC that moved its score, are shown once you open it. Some rows come without a score, in places that say nothing:
# MAGIC read them as you read any other. A row may stand for near-duplicates. The shaded row is opened below; put
# MAGIC another row's item number into the widget `item` to open that one.

# COMMAND ----------

# DBTITLE 1,Rows
session.show(queue_page.table(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One report
# MAGIC
# MAGIC Beside the words that moved the score: confirmed reports that read like it, and without which of its words it
# MAGIC would not be in this queue.

# COMMAND ----------

# DBTITLE 1,Report
session.show(review_reclassify.open_report(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Decide
# MAGIC
# MAGIC Choose an outcome in the widgets and run the cell below, or run, for example:
# MAGIC
# MAGIC     review.decide(tonight, opened, "TAG_ADDED", tag="CSE_LONE", free_text="item 2: gifts, an older man, hotel")
# MAGIC     review.decide(tonight, opened, "NOT_CSAE", free_text="domestic dispute between adults")
# MAGIC
# MAGIC Your decision covers the near-duplicates listed with the report. To decide differently on the second of them:
# MAGIC
# MAGIC     review.decide(tonight, review.member(tonight, opened, 2), "NEED_INFO", free_text="another child is named")

# COMMAND ----------

# DBTITLE 1,Decision
outcome = session.widget("outcome", "", "6 Outcome", ("", *codes.OUTCOMES))
tag = session.widget("tag", "", "7 Tag to add", ("", *codes.CSAE_TAGS))
why = session.widget("why", "", "8 Why, in your words")
second = session.widget("second_reviewer", "", "9 Second reviewer")
session.show(queue_page.decide(tonight, opened, outcome, tag=tag, free_text=why, second_reviewer=second))

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
session.banner(tonight.marking)
