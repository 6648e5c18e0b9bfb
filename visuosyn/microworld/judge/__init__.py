"""The bundled judge: two small networks that say what stands where in a picture and which noun an outline is of.

Their weights (``segmenter.safetensors``, ``silhouette.safetensors``) and how good they were measured to be
(``judge.json``) stand beside the code.
"""
