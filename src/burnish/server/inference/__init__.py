"""The process that answers, as the server sees it: started when needed, and again when it ends."""
