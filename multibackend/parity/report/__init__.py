"""WHAT one reads: a judgement as terminal text, HTML, JSON, JUnit and Markdown."""
