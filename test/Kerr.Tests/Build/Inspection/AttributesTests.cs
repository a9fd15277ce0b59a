using System;
using System.IO;
using System.Text;
using Kerr.Build.Inspection;
using Xunit;

namespace Kerr.Tests.Build.Inspection;

public class AttributesTests
{
    [Fact]
    public void What_is_read_is_written_in_the_order_of_the_peers()
        => Assert.Equal(
            """
            {
            	"data": {
            		"attributes": {
            			"apps": {
            				"bare": {},
            				"hello": {
            					"labels": {
            						"a": "1",
            						"b": "2"
            					},
            					"startscript": "s",
            					"test": "t"
            				}
            			},
            			"environment": {
            				"/e": "X=1"
            			},
            			"runscript": "r",
            			"test": "t",
            			"helpfile": "h",
            			"deffile": "d",
            			"startscript": "s"
            		}
            	},
            	"type": "container"
            }
            """,
            AttributesJson.Of(Read(
                """
                {"type":"container","more":[1],"data":{"attributes":{"startscript":"s","deffile":"d","helpfile":"h","test":"t","runscript":"r",
                "labels":{},"environment":{"/e":"X=1"},
                "apps":{"hello":{"test":"t","startscript":"s","labels":{"b":"2","a":"1"}},"bare":{"runscript":""}}}}}
                """)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{"data":{"attributes":{"apps":null,"labels":null,"test":null}}}""")]
    public void What_is_empty_has_empty_attributes(string json)
        => Assert.Equal("{\n\t\"data\": {\n\t\t\"attributes\": {}\n\t},\n\t\"type\": \"container\"\n}", AttributesJson.Of(Read(json)));

    [Fact]
    public void Escapes_are_those_of_Go()
    {
        var attributes = new ImageAttributes { Runscript = "\"\\/\n\r\t\b\f\u0001\u007f<a>&\u2028é" };

        Assert.Contains("\"\\\"\\\\/\\n\\r\\t\\b\\f\\u0001\u007f\\u003ca\\u003e\\u0026\\u2028é\"", AttributesJson.Of(attributes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"data":1}""")]
    [InlineData("""{"data":{"attributes":{"labels":[]}}}""")]
    [InlineData("""{"data":{"attributes":{"labels":{"a":1}}}}""")]
    [InlineData("""{"data":{"attributes":{"runscript":{}}}}""")]
    [InlineData("""{"data":{"attributes":{"apps":{"a":"b"}}}}""")]
    public void What_is_of_another_kind_is_an_error(string json) => Assert.Throws<InvalidDataException>(() => Read(json));

    private static ImageAttributes Read(string json) => AttributesReader.Read(Encoding.UTF8.GetBytes(json));
}
