"""How far a probability can be believed: confidence, intervals, pools of models, vector scaling."""
