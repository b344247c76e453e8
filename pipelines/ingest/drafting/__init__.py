"""A first layout for a sender nobody has one for: what its files say for sure, and a question for what they do not.

A wrong sure thing is worse than a question: it loads, and nobody looks again. So a rule here is sure only where nothing
else would read the same files as well; whatever could be read in two ways is asked.
"""
