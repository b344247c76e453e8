# Databricks notebook source
# DBTITLE 1,Identifiers
from jobs.pages import comms_research, notebook

session = notebook.NotebookSession("13_comms_research")
identifiers = session.widget("identifiers", "", "1 Numbers, handsets, SIMs, accounts (commas)")
night = session.widget("night", "", "2 Night (empty: newest)")
reviewer = session.widget("reviewer", "", "3 Reviewer (empty: you)")
why = session.widget("why", "", "4 Why: operation and authority")

look = comms_research.open_list(session, identifiers=identifiers, night=night, reviewer=reviewer, why=why)
session.banner(look.marking)

# COMMAND ----------

# MAGIC %md
# MAGIC # Bulk research of communications data
# MAGIC
# MAGIC **What this is:** what providers recorded of a few telephones' calls, messages and sessions: who, when,
# MAGIC how long, and at which cell. Two providers' records of one call count once.
# MAGIC
# MAGIC **What it is not:** content, or a finding about anybody. A cell covers kilometres; silence may be the end of an
# MAGIC authorisation; a number may have changed hands. Data outside its authorisation and hidden rows are not here.

# COMMAND ----------

# DBTITLE 1,Summary
session.show(comms_research.header(look))
session.show(
    comms_research.table(
        look,
        "summary",
        {"subject": "Identifier", "n": "Events", "n_calls": "Calls", "n_texts": "Texts", "n_contacts": "Contacts",
         "n_withheld": "Withheld", "first_at": "First (UTC)", "last_at": "Last (UTC)", "operators": "Providers"},
    )
)  # fmt: skip

# COMMAND ----------

# MAGIC %md
# MAGIC ## When
# MAGIC
# MAGIC Events a day, then by weekday and hour of the wall clock (Europe/London).

# COMMAND ----------

# DBTITLE 1,Timeline
session.show(comms_research.timeline(look))

# COMMAND ----------

# DBTITLE 1,Hours and weekdays
session.show(comms_research.heat_map(look))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who
# MAGIC
# MAGIC Filled circles are on the list; open circles are parties that two or more of them share.

# COMMAND ----------

# DBTITLE 1,Contact network
session.show(comms_research.network(look))

# COMMAND ----------

# DBTITLE 1,Top contacts
session.show(
    comms_research.table(
        look,
        "contacts",
        {"subject": "Identifier", "rank": "Rank", "other": "Other party", "other_kind": "Kind", "n": "Events",
         "n_out": "Out", "n_in": "In", "first_at": "First (UTC)", "last_at": "Last (UTC)"},
    )
)  # fmt: skip

# COMMAND ----------

# DBTITLE 1,Common contacts
session.show(
    comms_research.table(
        look, "common_contacts", {"other": "Party", "other_kind": "Kind", "n_subjects": "Of the list", "n": "Events"}
    )
)

# COMMAND ----------

# DBTITLE 1,Who is on record
session.show(
    comms_research.table(
        look,
        "holders",
        {"subject": "Identifier", "number": "Number", "name": "Holder", "from_on": "From", "to_on": "To",
         "n_events": "Events in that time", "auth_urn": "Authorisation"},
    )
)  # fmt: skip

# COMMAND ----------

# DBTITLE 1,Shared handsets and SIMs
session.show(
    comms_research.table(
        look, "shared_equipment", {"kind": "Kind", "value": "Code", "with_numbers": "Numbers", "with_other": "With"}
    )
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Where
# MAGIC
# MAGIC Cells in order of time, on a plain grid. Circles grow with visits. The cell stands where the provider said it
# MAGIC stood on that day.

# COMMAND ----------

# DBTITLE 1,Map
session.show(comms_research.route_map(look))

# COMMAND ----------

# DBTITLE 1,Near each other
session.show(
    comms_research.table(
        look,
        "together",
        {"first": "One", "second": "Other", "n_stretches": "Half hours", "n_days": "Days", "n_places": "Places"},
    )
)

# COMMAND ----------

# DBTITLE 1,Gaps
session.show(
    comms_research.table(
        look, "gaps", {"subject": "Identifier", "from_at": "From (UTC)", "to_at": "To (UTC)", "days": "Days"}
    )
)
session.banner(look.marking)
