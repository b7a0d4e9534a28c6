"""The client's verbs: jobs, models, deployments, roles, objects, each over a client that is passed in."""
