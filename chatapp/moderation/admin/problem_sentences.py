"""Every problem of a rule as a sentence for a person. Decides none: `rule_problems` does."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chatapp.moderation.judging.offer import RuleProblem
from chatapp.moderation.judging.rulesets.rule import MAX_WORD_SYMBOLS

# By problem code: the field it is about, and what to do. A code without a sentence fails a test.
SENTENCES = {
    "action_unsupported": ("action", _("This action is not available yet.")),
    "severity_out_of_range": ("severity", _("Severity goes from 1 to 4.")),
    "stages_missing": ("stages", _("Choose at least one stage, or the rule never looks at anything.")),
    "words_missing": ("words", _("Give at least one entry.")),
    "words_too_many_for_channels": (
        "channels",
        _("%(phrase)s words are too many for channels: at most 5,000. Put the rest into a rule that reads as written."),
    ),
    "channel_sees_whole_texts_only": (
        "channels",
        _("The channel “%(phrase)s” needs the whole text, so in answers and titles it only flags, warns or reviews."),
    ),
    "entity_unknown": ("words", _("“%(phrase)s” is no kind of personal data. The help text lists them.")),
    "domain_invalid": ("words", _("“%(phrase)s” is no domain. Write it as example.org, without http://.")),
    "classifier_unknown": ("kind", _("There is no classifier called “%(phrase)s” here.")),
    "embedding_model_unknown": (
        "classifier",
        _(
            "Similarity compares by an embedding model, and none is called “%(phrase)s”. Name one in the setting "
            "MODERATION_MODELS, then choose it here."
        ),
    ),
    "examples_too_many": ("words", _("%(phrase)s examples are too many: at most 200.")),
    "principles_too_many": ("words", _("%(phrase)s principles are too many: at most 9, so that each has one digit.")),
    "entry_too_long": ("words", _("“%(phrase)s” is too long: at most 500 characters.")),
    "model_masks_no_input": (
        "action",
        _("A model judges what people write after it is stored, so it cannot be masked: use block, warn or flag."),
    ),
    "model_sees_no_template": (
        "stages",
        _("A model judges messages and answers alone: templates and attachments are stored before one is asked."),
    ),
    "trail_masks_nothing": (
        "timing",
        _("With trail the sentence has left before its verdict, so it cannot be masked: use gate, or block."),
    ),
    "thresholds_out_of_order": (
        "threshold_controversial",
        _("Thresholds go from 0 to 1, the one for controversial first."),
    ),
    "action_not_of_kind": ("action", _("Throttle is what rules of conduct do, and the only thing that they do.")),
    "action_not_of_prompt": ("action", _("A rule on the system prompt can flag, redact or block.")),
    "stages_not_of_prompt": ("stages", _("A rule on the system prompt looks at answers: choose output alone.")),
    "num_hits_out_of_range": ("num_hits", _("Hits go from 1 to 1,000.")),
    "window_out_of_range": ("window_s", _("A window lasts from 60 seconds to 30 days.")),
    "regex_syntax": ("words", _("“%(phrase)s” is no regular expression: a bracket or a repeat is wrong.")),
    "regex_look_around": (
        "words",
        _("“%(phrase)s” looks around, which a stream cannot wait for. Write only what is to be found."),
    ),
    "regex_back_reference": ("words", _("“%(phrase)s” refers back to a group. Write it out.")),
    "regex_atomic": ("words", _("“%(phrase)s” is possessive or atomic. Use a plain repeat.")),
    "regex_flag": ("words", _("Of flags only (?i) and (?s) are known, at the beginning: “%(phrase)s”.")),
    "regex_ambiguous_set": ("words", _("“%(phrase)s” means different things to different readers. Write the set out.")),
    "regex_invisible_character": ("words", _("“%(phrase)s” has an invisible character: no text is found by it.")),
    "regex_matches_empty": ("words", _("“%(phrase)s” matches nothing at all, so it would match everywhere.")),
    "regex_never_matches": ("words", _("“%(phrase)s” can match no text.")),
    "regex_too_long": ("words", _("“%(phrase)s” is too long: at most 1,000 characters, and a match of at most 256.")),
    "regex_too_large": ("words", _("“%(phrase)s” is too large. Use smaller counts, or + for “one or more”.")),
    "regex_refused_by_re2": ("words", _("“%(phrase)s” is refused by RE2: only what it takes is certain to be quick.")),
    "gapped_phrase_empty": ("words", _("“%(phrase)s” has an empty word: put … only between words.")),
    "gapped_phrase_gap": ("max_gap_chars", _("A gap of %(phrase)s characters is too wide: at most 50.")),
    "word_blank": ("words", _("“%(phrase)s” has no visible character.")),
    "word_too_long": (
        "words",
        _("“%(phrase)s” is too long: at most %(limit)d characters, because the stream waits for a word to end."),
    ),
    "word_too_short_to_block": (
        "words",
        _("“%(phrase)s” is a single character: blocking it would end harmless messages. Use a longer phrase or flag."),
    ),
    "word_repeated": ("words", _("“%(phrase)s” is there already, perhaps in another spelling of the same letters.")),
    "allow_blank": ("allow_phrases", _("“%(phrase)s” has no visible character.")),
    "allow_cancels_word": ("allow_phrases", _("“%(phrase)s” is one of the words: the word could never match.")),
    "allow_without_word": ("allow_phrases", _("“%(phrase)s” contains none of the words, so it does nothing.")),
    "replacement_missing": ("replacement", _("Replace needs a text to put in the place of the words.")),
    "safe_completion_missing": (
        "safe_completion_en",
        _("Write the answer that people get instead of the model's, in at least one language."),
    ),
    "replacement_contains_word": ("replacement", _("The replacement contains the word “%(phrase)s”.")),
}


def problem_error(problem: RuleProblem) -> tuple[str, ValidationError]:
    """The field, and the sentence for a person."""
    field, sentence = SENTENCES[problem.code]
    params = {"phrase": problem.phrase, "limit": MAX_WORD_SYMBOLS}
    return field, ValidationError(sentence, code=problem.code, params=params)
