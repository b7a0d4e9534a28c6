"""Pages in a browser, for the one person who started them: evaluations, classified documents and more.

How to add a view:

1. A module in ``views/`` with a `SiteView`: its title and path in the navigation, and its handlers by path. A
   handler is a plain function, run in a thread; it takes a `Visit` and returns a response. Pages answer GET.
   Actions answer POST, and are reached with the session's CSRF token only, which the macro ``form`` puts into
   every form.
2. A line in ``views/__init__.py``, whose order is that of the navigation.
3. Templates in ``templates/``, which extend ``site.html.jinja`` and take tables, charts, pagers, forms and
   empty states from ``components.html.jinja``. Everything works as links and forms; htmx and the scripts
   in ``static/`` only make it quicker.
4. The view in ``tests/ui/test_pages_in_a_browser.py``, which runs axe on it in light and dark, narrow and
   wide.

What a page shows is other people's text: templates escape it, `burnish.shown_texts` makes control characters
visible, and the Content-Security-Policy allows no inline script or style, so neither ``style=`` nor ``on…=``
has any effect. Raise a `BurnishError` and the visitor sees its message and its remedy.
"""
