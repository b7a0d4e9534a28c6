"""From a folder of labelled documents to records that a service trains on."""
