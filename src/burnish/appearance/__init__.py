"""How everything that Burnish draws looks: the colours, the quantities in words, the HTML page."""
