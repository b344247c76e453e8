# Databricks notebook source
# DBTITLE 1,Settings and queue
from jobs.pages import notebook, queue_page, review_network_risk
from schemas import codes

session = notebook.NotebookSession("11_review_network_risk")
queue = session.widget("queue", "children", "1 Queue", tuple(review_network_risk.PAGES))
night = session.widget("night", "", "2 Night (empty: newest)")
force = session.widget("force", "", "3 Force (empty: all)", ("", *codes.FORCES))
reviewer = session.widget("reviewer", "", "4 Reviewer (empty: you)")
item = session.widget("item", "", "5 Item to open (empty: first undecided)")

tonight = review_network_risk.open_queue(session, queue, night=night, force=force, reviewer=reviewer)
opened = tonight.pick(item)
session.banner(tonight.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # Who is two steps away from harm
# MAGIC
# MAGIC **What this is:** missing children, and the people and places on their paths, in order of *indirect* links to
# MAGIC reports of child sexual abuse and exploitation: through somebody, or somebody's somebody. A reason to look.
# MAGIC
# MAGIC **What it is not:** a finding about anybody. The police risk level stands beside the score, and the score never
# MAGIC replaces it. A child who is also named as a suspect is a child first.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(queue_page.header(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue
# MAGIC
# MAGIC The pale part of the bar is where the score lies if every grading behind it is worth less or more. Police risk,
# MAGIC episodes and links are what forces go by today. The shaded row is opened below.

# COMMAND ----------

# DBTITLE 1,Rows
session.show(queue_page.table(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One subject
# MAGIC
# MAGIC From left to right: the child, who stands in between, and who is tied to a CSAE report. The thicker a line, the
# MAGIC stronger the evidence.

# COMMAND ----------

# DBTITLE 1,Paths
session.show(review_network_risk.open_subject(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## When

# COMMAND ----------

# DBTITLE 1,Timeline
session.show(review_network_risk.timeline(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What would change the score

# COMMAND ----------

# DBTITLE 1,What if
session.show(review_network_risk.what_if(tonight, opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Decide
# MAGIC
# MAGIC Choose an outcome in the widgets and run the cell below, or run, for example:
# MAGIC
# MAGIC     network_review.decide(tonight, opened, "REFER", free_text="strategy meeting asked for")

# COMMAND ----------

# DBTITLE 1,Decision
outcome = session.widget("outcome", "", "6 Outcome", ("", *review_network_risk.OUTCOMES))
why = session.widget("why", "", "7 Why, in your words")
second = session.widget("second_reviewer", "", "8 Second reviewer")
session.show(queue_page.decide(tonight, opened, outcome, free_text=why, second_reviewer=second))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What happens next

# COMMAND ----------

# DBTITLE 1,Next
session.show(queue_page.next_steps(tonight))
session.banner(tonight.marking)
