"""One self-contained HTML page of a run: no network, no framework, works from disk.

``page`` puts the parts together, ``payload`` holds what the charts draw, ``assets`` the style and
the scripts, which are written into the page. Text is escaped where it becomes HTML (`markup`).
"""

from lab.report.html.page import PAGE_NAME, html_page, write_page

__all__ = ["PAGE_NAME", "html_page", "write_page"]
