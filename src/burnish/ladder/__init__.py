"""The ladder: which model the pages and the minutes at hand can buy, all measured on the same folds."""
