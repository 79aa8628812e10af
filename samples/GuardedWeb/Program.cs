// A web service that answers what its license allows: the guard is a service, the license a health check, and an endpoint filter asks it.
//
//   LICENSE_PRODUCT=… LICENSE_ROOT_KEY=… dotnet run --project samples/GuardedWeb [--License:CodeFile /run/secrets/license] [--License:StoreDirectory /var/lib/editor]
//
// Shipped software has product and root lines as constants. In a container the code is a mounted secret, and a lease gives the place of a replica back that was killed.
using GuardedWeb;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Hosting;

var builder = WebApplication.CreateBuilder(args);
var product = builder.Configuration["LICENSE_PRODUCT"] ?? "com.example.editor";
var roots = (builder.Configuration["LICENSE_ROOT_KEY"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
builder.Services.AddLicenseGuard(product, roots, options =>
{
    options.CodeFile = builder.Configuration["License:CodeFile"];
    options.StoreDirectory = builder.Configuration["License:StoreDirectory"];
    options.Online = builder.Configuration.GetValue("License:Online", true);
});

var app = builder.Build();
app.MapHealthChecks("/health");

// Anybody may see what is missing: it holds no code and no name.
app.MapGet("/license", (LicenseGuard guard) => new { outcome = guard.Current.Outcome.ToString(), seats = guard.GetLimit("seats") });

app.MapGet("/documents", () => "What every customer may read.").RequireLicense();
app.MapGet("/export", () => "What only those may read who bought the export.").RequireLicense("export");
app.Run();
