"""Phrases of the synthetic reports: templates by subject and by writer. Professional register, never graphic.

Every template is written for this project; names, numbers and addresses come from slots that hold invented values.
"""
