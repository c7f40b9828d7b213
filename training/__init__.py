"""From recordings to trained models: corpora, augmentation, networks, training, scores.

Nothing here is needed to *use* a model; :mod:`ser` never imports this package.
"""
