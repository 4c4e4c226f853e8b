"""Runs the pipeline under a plain Python, with a host in memory."""

import unittest

from lance_host import Params, testing
from pipeline import run


class Greetings(unittest.TestCase):
    def test_everybody_is_greeted_by_name(self) -> None:
        with testing.host() as host:
            run(Params([("name", "Ada")]))
        texts = [row["text"] for row in host.rows("greetings")]
        self.assertEqual(texts, ["Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"])


if __name__ == "__main__":
    unittest.main()
