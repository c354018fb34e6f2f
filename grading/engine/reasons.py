"""Why a person should look at a grade: the codes a GradeResult can carry. The interface translates them."""

from __future__ import annotations

BLANK = "blank"  # nothing to grade
NO_ANSWER = "no_answer"  # says that it doesn't know, and little else
STUFFING = "stuffing"  # a bare list of keywords
ECHO = "echo"  # mostly the question's own words
OFF_TOPIC = "off_topic"  # hardly a word of the question or the rubric
COPIED = "copied_model_answer"  # nearly word for word the model answer or the rubric's own text
CONTRADICTION = "contradiction"  # states at least one key point the wrong way round
LOW_CONFIDENCE = "low_confidence"  # too many verdicts could as well be the other way

ALL = (BLANK, NO_ANSWER, STUFFING, ECHO, OFF_TOPIC, COPIED, CONTRADICTION, LOW_CONFIDENCE)
# Blank answers and "I don't know" are clear; the rest wants a look.
FOR_REVIEW = frozenset({STUFFING, ECHO, OFF_TOPIC, COPIED, LOW_CONFIDENCE})
DOUBT_FROM = 1.5  # expected number of wrong verdicts from which an answer is doubtful ...
DOUBTFUL_SHARE = 0.3  # ... or of its key points, where there are only a few
