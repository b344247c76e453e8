# Databricks notebook source
# DBTITLE 1,Settings and subject
from jobs.pages import notebook, subject_network
from schemas import codes

session = notebook.NotebookSession("12_subject_network")
wanted = session.widget("entity", "", "1 Entity, record or name (empty: first of the queue)")
night = session.widget("night", "", "2 Night (empty: newest)")
depth = session.widget("depth", "2", "3 Steps", ("1", "2", "3"))
other = session.widget("other", "", "4 Ways to (entity or name)")
reviewer = session.widget("reviewer", "", "5 Who looks (empty: you)")

opened = subject_network.open_subject(session, wanted, night=night, who=reviewer, depth=int(depth))
session.banner(opened.marking if opened else codes.MARKINGS[0])

# COMMAND ----------

# MAGIC %md
# MAGIC # One entity and what surrounds it
# MAGIC
# MAGIC A person, telephone, vehicle, address, handle or account, as known on the night. Nothing here is a finding: a
# MAGIC tie says that records name two things together, and each rests on the records that the tables name.

# COMMAND ----------

# DBTITLE 1,Entity
session.show(subject_network.header(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Neighbourhood
# MAGIC
# MAGIC Steps from left to right. Whoever has very many links is shown and not followed.

# COMMAND ----------

# DBTITLE 1,Picture
session.show(subject_network.picture(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Ways between two

# COMMAND ----------

# DBTITLE 1,Ways
session.show(subject_network.between(opened, other))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Merges and splits

# COMMAND ----------

# DBTITLE 1,Events
session.show(subject_network.events(opened))
session.banner(opened.marking if opened else codes.MARKINGS[0])
