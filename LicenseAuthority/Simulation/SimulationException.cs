namespace LicenseAuthority.Simulation;

/// <summary>A scenario could not be run: an argument is wrong, or nobody is there. The message says what to do.</summary>
internal sealed class SimulationException(string message, Exception? innerException = null) : OperatorException(message, innerException);
