using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.House;

/// <summary>What ships inside vendors' products is what reading codes needs, and nothing else of this house.</summary>
internal sealed class ClientAssemblyTests
{
    // The authority checks its own work with the verifier that ships; that it goes by the code's own product is for it alone. So are the bytes of a
    // certificate as a whole.
    private static readonly string[] ForTheAuthority = ["LicenseVerifier.CheckIssued", "LicenseVerifierOptions.set_CacheCodes", "KeyCertificate.get_Bytes"];

    [Test]
    public void Client_EveryInternalMethod_IsCalledByTheClientItself()
    {
        using var file = new PEReader(File.OpenRead(typeof(LicenseVerifier).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var called = metadata.MethodDefinitions.SelectMany(handle => TokensIn(file, metadata.GetMethodDefinition(handle))).ToHashSet();
        var byReference = called.Where(token => token.Kind == HandleKind.MemberReference)
            .Select(token => metadata.GetString(metadata.GetMemberReference((MemberReferenceHandle)token).Name)).ToHashSet();

        var unused = from handle in metadata.MethodDefinitions
                     let method = metadata.GetMethodDefinition(handle)
                     let type = metadata.GetTypeDefinition(method.GetDeclaringType())
                     let name = metadata.GetString(method.Name)
                     let typeName = metadata.GetString(type.Name)
                     where IsHidden(method, type) && !name.StartsWith('.') && !name.StartsWith('<') && !typeName.StartsWith('<')
                     where !called.Contains(handle) && !(type.GetGenericParameters().Count > 0 && byReference.Contains(name))
                     select $"{typeName}.{name}";

        Assert.That(unused, Is.EquivalentTo(ForTheAuthority), "what only the service or a test calls stands in the service or the test");
    }

    // What is public, private or overridden is somebody else's rule: the public API's, an analyzer's, the base's.
    private static bool IsHidden(MethodDefinition method, TypeDefinition type)
    {
        var access = method.Attributes & MethodAttributes.MemberAccessMask;
        var isPublicType = (type.Attributes & TypeAttributes.VisibilityMask) is TypeAttributes.Public;
        return (method.Attributes & MethodAttributes.Virtual) == 0
            && access != MethodAttributes.Private
            && !(isPublicType && access == MethodAttributes.Public);
    }

    // Whatever four bytes look like a method's token: one that is none by chance is a call too many, which hides a finding once in a long while.
    private static IEnumerable<EntityHandle> TokensIn(PEReader file, MethodDefinition method)
    {
        var code = method.RelativeVirtualAddress == 0 ? [] : file.GetMethodBody(method.RelativeVirtualAddress).GetILContent();
        for (var i = 0; i + 4 <= code.Length; i++)
        {
            var token = code[i] | (code[i + 1] << 8) | (code[i + 2] << 16) | (code[i + 3] << 24);
            if (code[i + 3] is 0x06 or 0x0A && (token & 0xFFFFFF) != 0 && (token & 0xFFFFFF) <= MostRows(file, code[i + 3]))
            {
                yield return MetadataTokens.EntityHandle(token);
            }
        }
    }

    private static int MostRows(PEReader file, byte table) => file.GetMetadataReader().GetTableRowCount((TableIndex)table);
}
