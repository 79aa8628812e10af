using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>Reads the field <c>file</c> of a form that a person sends, into memory and never onto the disk: it holds a license.</summary>
internal static class UploadedText
{
    /// <summary>Longest body, in bytes: the longest license file, which holds a status list that does not compress, and the form around it.</summary>
    public const int LongestBody = 640 * 1024;

    private const string Field = "file";

    // Files, and values: one field is meant, and somebody may send a few that nobody reads.
    private const int MostFields = 16;

    private static readonly FormOptions Limits = new()
    {
        MemoryBufferThreshold = LongestBody,
        BufferBodyLengthLimit = LongestBody,
        MultipartBodyLengthLimit = LongestBody,
        ValueLengthLimit = LongestBody,
        ValueCountLimit = MostFields,
    };

    /// <summary>Reads it. Either a problem, or the text; in UTF-8, or in UTF-16 with a byte order mark, as some programs save it.</summary>
    public static async Task<(string? Text, ProblemHttpResult? Problem)> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true)
        {
            return Refuse(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Send a form as multipart/form-data, with the file in the field file.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LongestBody;
        }

        try
        {
            var form = await context.Request.ReadFormAsync(Limits, cancellationToken);
            return await ReadFieldAsync(form, cancellationToken);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Refuse(exception.StatusCode, "too-large", $"The file is too large: with the form around it more than {LongestBody} bytes. License files are smaller.");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return Refuse(exception.StatusCode, "too-slow", "The file came too slowly. Try again.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return Refuse(StatusCodes.Status400BadRequest, "bad-file", "The form cannot be read: it is cut off, or no form.");
        }
    }

    private static async Task<(string? Text, ProblemHttpResult? Problem)> ReadFieldAsync(IFormCollection form, CancellationToken cancellationToken)
    {
        var files = form.Files.GetFiles(Field);
        var values = form[Field];
        if (files.Count + values.Count != 1)
        {
            return Refuse(StatusCodes.Status400BadRequest, "bad-file", "Choose one file, in the field file.");
        }

        if (files.Count == 0)
        {
            return (values[0], null);
        }

        using var reader = new StreamReader(files[0].OpenReadStream(), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return (await reader.ReadToEndAsync(cancellationToken), null);
    }

    private static (string? Text, ProblemHttpResult? Problem) Refuse(int status, string code, string detail) => (null, Problems.Create(status, code, detail));
}
