"""How text is classified and judged: scikit-learn estimators, evaluation, explanation, registry. No artefacts."""
