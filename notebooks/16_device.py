# Databricks notebook source
# DBTITLE 1,Settings and submission
from jobs.pages import notebook, queue_page
from jobs.pages.device import finance_queue, keyword_queue, submission_page
from schemas import codes

session = notebook.NotebookSession("16_device")
submission = session.widget("submission", "", "1 Submission (empty: newest)")
night = session.widget("night", "", "2 Night (empty: newest)")
reviewer = session.widget("reviewer", "", "3 Reader (empty: you)")
chat = session.widget("chat", "", "4 Conversation (empty: the longest)")
words = session.widget("words", "", "5 Words in messages")
item = session.widget("item", "", "6 Item of the queue to open (empty: first undecided)")

opened = submission_page.open_device(session, submission=submission, night=night, reader=reviewer)
tonight = keyword_queue.open_queue(session, night=night, force=opened.submission["force"], reviewer=reviewer)
chosen = tonight.pick(item) if tonight else None
money = finance_queue.open_queue(session, night=night, force=opened.submission["force"], reviewer=reviewer)
asked = finance_queue.item_of(opened, money)
session.banner(codes.MARKINGS[-1])

# COMMAND ----------

# MAGIC %md
# MAGIC # A seized device
# MAGIC
# MAGIC **What this is:** what an export of the device holds, as far as it could be read, under the authority named
# MAGIC below.
# MAGIC
# MAGIC **What it is not:** everything on the device, or a finding about anybody. What was not read is listed, and what
# MAGIC is privileged is counted and not shown.

# COMMAND ----------

# DBTITLE 1,Submission
session.show(submission_page.header(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What was read, and what not

# COMMAND ----------

# DBTITLE 1,Files
session.show(submission_page.what_was_read(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Conversations

# COMMAND ----------

# DBTITLE 1,Conversations
session.show(submission_page.conversations(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## One conversation
# MAGIC
# MAGIC Put its name into the widget `chat`, or words into `words` to see messages that hold them.

# COMMAND ----------

# DBTITLE 1,Messages
session.show(submission_page.conversation(opened, chat, words))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Accounts, wallets, identities

# COMMAND ----------

# DBTITLE 1,Accounts
session.show(submission_page.accounts(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Known pictures
# MAGIC
# MAGIC Counts alone. No picture is held, and none is shown.

# COMMAND ----------

# DBTITLE 1,Known pictures
session.show(submission_page.known_media(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## In time

# COMMAND ----------

# DBTITLE 1,Timeline
session.show(submission_page.timeline(opened))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The queue of key words

# COMMAND ----------

# DBTITLE 1,Queue
if tonight:
    session.show(queue_page.header(tonight), queue_page.table(tonight, chosen))

# COMMAND ----------

# DBTITLE 1,Message
session.show(keyword_queue.open_message(opened, tonight, chosen))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Decide

# COMMAND ----------

# DBTITLE 1,Decision
outcome = session.widget("outcome", "", "7 Outcome", ("", *keyword_queue.PAGE.outcomes))
why = session.widget("why", "", "8 Why, in your words")
second = session.widget("second_reviewer", "", "9 Second reviewer")
if tonight:
    session.show(queue_page.decide(tonight, chosen, outcome, free_text=why, second_reviewer=second))
    session.show(queue_page.next_steps(tonight))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Refer accounts and wallets
# MAGIC
# MAGIC To a bank, HMRC, DWP or a regional economic crime unit. Without a decision nothing is written.

# COMMAND ----------

# DBTITLE 1,Accounts to refer
session.show(finance_queue.open_item(opened, money, asked))

# COMMAND ----------

# DBTITLE 1,Decision on accounts
finance_outcome = session.widget("finance_outcome", "", "10 Accounts: outcome", ("", *finance_queue.PAGE.outcomes))
to_whom = session.widget("to_whom", "", "11 Accounts: to whom, and why")
if money and asked:
    session.show(queue_page.decide(money, asked, finance_outcome, free_text=to_whom, second_reviewer=second))
    session.show(queue_page.next_steps(money))

# COMMAND ----------

# DBTITLE 1,Trace
session.show(queue_page.trace(chosen))
session.banner(codes.MARKINGS[-1])
