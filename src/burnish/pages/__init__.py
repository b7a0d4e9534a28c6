"""Pages as images and as text: decoding, PDFs, optical character recognition, reading order, the cache."""
