"""The errors that caretone raises for what its user can mend; each message says what and where."""


class CaretoneError(Exception):
    """Something that the user of caretone can mend: a file, a label, an option."""


class ModelFileError(CaretoneError):
    """A model file is damaged, of another version, or no model file at all."""


class LabelledDataError(CaretoneError):
    """A file of messages cannot be read, or what it says cannot be used; all findings are listed."""


class TrainingError(CaretoneError):
    """The labelled messages do not suffice to train on."""
