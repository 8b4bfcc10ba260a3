"""The layouts, one file each, named like the layout."""
