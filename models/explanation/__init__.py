"""Why a score is what it is: terms, contributions, counterfactuals, similar reports, transparency."""
