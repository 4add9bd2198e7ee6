"""Figures as people read them in the admin."""

from django.utils.translation import gettext as _

from chatapp.review.figures.precision import Precision


def precision_range_text(precision: Precision) -> str:
    """“49–94 % of 10”: what stands beneath the estimate where there is room for two lines."""
    return _("%(low)d–%(high)d %% of %(num)d") % {
        "low": round(precision.low * 100),
        "high": round(precision.high * 100),
        "num": precision.num_reviewed,
    }


def precision_text(precision: Precision) -> str:
    """“80 % (49–94 %) of 10”."""
    return _("%(estimate)d %% (%(low)d–%(high)d %%) of %(num)d") % {
        "estimate": round(precision.estimate * 100),
        "low": round(precision.low * 100),
        "high": round(precision.high * 100),
        "num": precision.num_reviewed,
    }
