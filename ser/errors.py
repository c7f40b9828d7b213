"""What can go wrong, said in one sentence to the person who can mend it."""


class SerError(Exception):
    """Root of all errors this library raises on purpose; its text is for people."""


class AudioError(SerError):
    """A sound that cannot be read, or in which there is nothing to analyse."""


class BundleError(SerError):
    """Models and artifacts that are missing, damaged or do not fit this version."""


class MicrophoneError(SerError):
    """A microphone that cannot be reached."""


class ProfileError(SerError):
    """A voice profile that cannot be read, or that was made for other models."""


class ReportError(SerError):
    """Figures about the models that are missing, or that cannot be read."""
