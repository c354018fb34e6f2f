"""Reversals: a clause with nearly an author's words that turns the statement round.

The clause denies the statement, says it of another subject, gives another number, and the like.
The model weighs such signs among many others. Here the clause is so near to the statement that
only one reading is left. Each rule has a module of its own; `detector.py` asks them in order.
"""

from .clauses import Reversal
from .detector import ReversalDetector

__all__ = ["Reversal", "ReversalDetector"]
