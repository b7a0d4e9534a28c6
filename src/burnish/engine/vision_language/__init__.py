"""Vision-language models: pages as pixels through a model's own processor, adapters on the language part."""
