"""
What is stored today stays readable and verifiable: keys are derived from names that are no module paths.

The constants below were written by an installation with the secret below. Whoever changes a purpose's text, the
derivation or the cipher makes every installation's evidence unreadable and its chain of decisions broken.
"""

import pytest

from chatapp.review.evidence import cipher
from chatapp.review.evidence.keys import Purpose, keys_for

SECRET = "an installation's own secret"
CIPHERTEXT = (
    b"gAAAAABrDldrD48f35En1EdMniaZNSndD6ypD3Qmqo92Yu_8DgmllcwfErUQKCdPEIpJYbzp2Ic2vIRTuSBvcpZm79SmcgvsfeCpnfRUu99xzuZX"
    b"9JS_oCs="
)
KEYS = {
    Purpose.EVIDENCE: "15c841265bd69d33d3e9059656b7340547d08f250bc0e94e98802a5264f6f0c6",
    Purpose.TEXT_DIGEST: "dbfaab1cc31d6b3083c5759cf52c51784b36b4e827c061c60a3117bfab7c506a",
    Purpose.CHAIN: "a1b3eb476f7f5aeae84e61c264e7e6f88dd086db10cdbfed3f0c2cb4f9214e61",
}


@pytest.fixture(autouse=True)
def installation(settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECRET, []


class TestStoredEvidence:
    def test_is_read_as_it_was_written(self):
        assert cipher.decrypt(CIPHERTEXT) == "被拦下的话 \ud83d withheld"

    @pytest.mark.parametrize("purpose", Purpose)
    def test_has_the_key_of_its_purpose(self, purpose):
        assert keys_for(purpose)[0].hex() == KEYS[purpose]
