from .learner import weigh as weigh
