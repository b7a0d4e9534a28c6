"""Jobs on their way to a model: the queue, the process that trains, and the attempt it writes down."""
