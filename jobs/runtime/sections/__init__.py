"""The sections of the settings as typed models: what each key takes, and its bounds."""
