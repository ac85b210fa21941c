"""Programs that run in the other tools' environments, each importing its tool and nothing of ours."""
