"""The JSON in which models of single families are asked and answer, as InvokeModel takes and gives it."""
