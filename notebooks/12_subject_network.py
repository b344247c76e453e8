# Databricks notebook source
# DBTITLE 1,Settings and subject
from jobs.pages import notebook, subject_network
from schemas import codes

room = notebook.Room("12_subject_network")
wanted = room.widget("entity", "", "1 Entity, record or name (empty: first of the queue)")
night = room.widget("night", "", "2 Night (empty: newest)")
depth = room.widget("depth", "2", "3 Steps", ("1", "2", "3"))
other = room.widget("other", "", "4 Ways to (entity or name)")
reviewer = room.widget("reviewer", "", "5 Who looks (empty: you)")

opened = subject_network.open_subject(room, wanted, night=night, who=reviewer, depth=int(depth))
room.banner(opened.marking if opened else codes.MARKINGS[0])

# COMMAND ----------

# MAGIC %md
# MAGIC # One entity and what surrounds it
# MAGIC
# MAGIC A person, telephone, vehicle, address, handle or account, as known on the night. Nothing here is a finding: a
# MAGIC tie says that records name two things together, and each rests on the records that the tables name.

# COMMAND ----------

# DBTITLE 1,Entity
room.show(subject_network.header(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Neighbourhood
# MAGIC
# MAGIC Steps from left to right. Whoever has very many links is shown and not followed.

# COMMAND ----------

# DBTITLE 1,Picture
room.show(subject_network.picture(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Ways between two

# COMMAND ----------

# DBTITLE 1,Ways
room.show(subject_network.between(opened, other))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Merges and splits

# COMMAND ----------

# DBTITLE 1,Events
room.show(subject_network.events(opened))
room.banner(opened.marking if opened else codes.MARKINGS[0])
