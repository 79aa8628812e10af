using LicenseAuthority.Outbox;

namespace LicenseAuthority.Tests.Outbox;

internal sealed class BackoffTests
{
    [TestCase(0, 0.5, 5)]
    [TestCase(0, 0, 4)]
    [TestCase(0, 1, 6)]
    [TestCase(1, 0.5, 30)]
    [TestCase(5, 0.5, 3600)]
    [TestCase(7, 0.5, 14_400)]
    [TestCase(1000, 0.5, 14_400)]
    public void WaitAfter_Failures_GrowsToFourHoursWithinTheJitter(int failures, double random, double seconds) =>
        Assert.That(new Backoff(() => random).WaitAfter(Backoff.PatientWaits, failures).TotalSeconds, Is.EqualTo(seconds).Within(0.001));

    [TestCase(0, 1)]
    [TestCase(1, 7)]
    [TestCase(5, 7)]
    public void WaitAfter_WaitsOfASender_AreItsOwn(int failures, double seconds) => Assert.That(
        new Backoff(() => 0.5).WaitAfter([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7)], failures).TotalSeconds, Is.EqualTo(seconds).Within(0.001));

    [TestCase(-5, 0)]
    [TestCase(30, 30)]
    [TestCase(1_000_000, 3600)]
    public void PauseFor_WhatAReceiverAsks_WithinAnHour(double asked, double seconds) =>
        Assert.That(Backoff.PauseFor(TimeSpan.FromSeconds(asked)).TotalSeconds, Is.EqualTo(seconds));
}
