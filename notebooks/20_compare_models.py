# Databricks notebook source
# DBTITLE 1,Settings and comparison
from jobs.pages import compare_models, notebook

session = notebook.NotebookSession("20_compare_models")
night = session.widget("night", "", "1 Night (empty: newest)")
view = session.widget("view", "all", "2 Columns", ("all", "only what differs"))

compared = compare_models.open_comparison(session, night=night)
session.banner(compared.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # Classifiers, compared
# MAGIC
# MAGIC **What this is:** every candidate on the same folds of the same reports, judged out of fold: no report was
# MAGIC scored by a model that had seen it, a near-duplicate of it, or another report of the same person.
# MAGIC
# MAGIC **How to read it:** a difference counts only where its interval leaves out zero. The recorded tags are wrong in
# MAGIC exactly the cases that are sought, so every figure is a lower bound of what analysts may find.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(compare_models.header(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Side by side
# MAGIC
# MAGIC Recall and precision are at queue capacity, in the two strata of the queue: reports without any tag, and reports
# MAGIC with another tag. Times are CPU seconds.

# COMMAND ----------

# DBTITLE 1,Table
session.show(compare_models.table(compared, only_what_differs=view == "only what differs"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## How far behind the best
# MAGIC
# MAGIC Paired bootstrap over groups and over the partitions of reports into folds. Pale: the interval holds zero, so
# MAGIC the two are not told apart.

# COMMAND ----------

# DBTITLE 1,Differences
session.show(compare_models.differences(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Precision and recall

# COMMAND ----------

# DBTITLE 1,Curves
session.show(compare_models.curves(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Transparency against effectiveness
# MAGIC
# MAGIC Deletion fidelity: how much of a score is lost when the named terms are taken out of the text, beyond what
# MAGIC random words lose. Up and to the right is better in both.

# COMMAND ----------

# DBTITLE 1,Transparency
session.show(compare_models.transparency(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Cost against effectiveness

# COMMAND ----------

# DBTITLE 1,Cost
session.show(compare_models.cost(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Recorded tags against decisions
# MAGIC
# MAGIC Which candidate looks best by the tags that forces wrote, and which by what analysts decided?

# COMMAND ----------

# DBTITLE 1,Flips
session.show(compare_models.flips(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Hidden reports, force by force, and where the time goes

# COMMAND ----------

# DBTITLE 1,More
session.show(compare_models.hidden(compared), compare_models.forces(compared), compare_models.spent(compared))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Criteria, and where this comes from
# MAGIC
# MAGIC What a classifier must reach to become champion: each criterion with the number that met or missed it. The
# MAGIC champion's kind gives way only to one that is ahead by an interval that leaves out zero.

# COMMAND ----------

# DBTITLE 1,Verdict
session.show(compare_models.verdict(compared), compare_models.provenance(compared))
session.banner(compared.marking)
