"""Which decoders there are."""


def libraries() -> str:
    """PyAV and the FFmpeg libraries inside it, with their versions.

    Raises:
        ImportError, OSError: they cannot be loaded.
    """
    import av

    inside = (f"{name} {'.'.join(map(str, version))}" for name, version in sorted(av.library_versions.items()))
    return f"PyAV {av.__version__} with {', '.join(inside)}"
