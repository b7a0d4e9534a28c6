"""Puts this folder on the path, so that the tests of sources can import `page_files` too."""
