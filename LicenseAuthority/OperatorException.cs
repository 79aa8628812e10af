namespace LicenseAuthority;

/// <summary>
/// Ends a start or a command, and is the operator's to mend: the message says in one line what is wrong and what to do, and holds no secret. It is shown
/// without a stack trace, which would only hide it.
/// </summary>
internal abstract class OperatorException(string message, Exception? innerException = null) : Exception(message, innerException);
